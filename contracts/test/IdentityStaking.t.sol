// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {PausableUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/PausableUpgradeable.sol";
import {IdentityStaking} from "../src/IdentityStaking.sol";
import {System} from "./System.sol";

/// @notice Guarantees: only authorised callers bond, once per machine, and the books equal the tokens held.
contract IdentityStakingTest is System {
    function test_stakeFor_books_and_pulls() external {
        _authorizedStaker(5 ether);
        vm.expectEmit(address(staking));
        emit IdentityStaking.Staked(3, MACHINE, 5 ether);
        vm.prank(STRANGER);
        staking.stakeFor(3, MACHINE, 5 ether);
        vm.assertEq(staking.isStaked(3), true);
        vm.assertEq(staking.getStake(3), 5 ether);
        vm.assertEq(staking.totalStaked(), 5 ether);
        vm.assertEq(wpeaq.balanceOf(address(staking)), 5 ether);
        (uint256 amount, uint8 status, uint32 slashes, uint64 requested) = staking.getStakeInfo(3);
        vm.assertEq(amount, 5 ether);
        vm.assertEq(uint256(status), 1);
        vm.assertEq(uint256(slashes), 0);
        vm.assertEq(uint256(requested), 0);
        (, status,,) = staking.getStakeInfo(4);
        vm.assertEq(uint256(status), 0);
        vm.assertEq(staking.stakingToken(), address(wpeaq));
    }

    function test_stakeFor_refuses() external {
        vm.prank(STRANGER);
        vm.expectRevert(IdentityStaking.NotAuthorized.selector);
        staking.stakeFor(3, MACHINE, 1);
        _authorizedStaker(5 ether);
        vm.startPrank(STRANGER);
        vm.expectRevert(IdentityStaking.InvalidAddress.selector);
        staking.stakeFor(3, address(0), 1);
        vm.expectRevert(IdentityStaking.AmountZero.selector);
        staking.stakeFor(3, MACHINE, 0);
        staking.stakeFor(3, MACHINE, 1 ether);
        vm.expectRevert(IdentityStaking.AlreadyStaked.selector);
        staking.stakeFor(3, MACHINE, 1 ether);
        vm.expectRevert(
            abi.encodeWithSignature(
                "ERC20InsufficientAllowance(address,uint256,uint256)", address(staking), 4 ether, 9 ether
            )
        );
        staking.stakeFor(4, MACHINE, 9 ether);
    }

    function test_authorize_and_revoke_are_the_owners() external {
        vm.startPrank(STRANGER);
        _expectNotOwner(STRANGER);
        staking.authorize(STRANGER);
        _expectNotOwner(STRANGER);
        staking.revoke(STRANGER);
        vm.stopPrank();
        vm.startPrank(ADMIN);
        vm.expectRevert(IdentityStaking.InvalidAddress.selector);
        staking.authorize(address(0));
        vm.expectEmit(address(staking));
        emit IdentityStaking.Authorized(STRANGER);
        staking.authorize(STRANGER);
        vm.assertEq(staking.isAuthorized(STRANGER), true);
        vm.expectEmit(address(staking));
        emit IdentityStaking.Revoked(STRANGER);
        staking.revoke(STRANGER);
        vm.assertEq(staking.isAuthorized(STRANGER), false);
    }

    function test_pause_stops_bonding() external {
        vm.startPrank(STRANGER);
        _expectNotOwner(STRANGER);
        staking.pause();
        _expectNotOwner(STRANGER);
        staking.unpause();
        vm.stopPrank();
        vm.prank(ADMIN);
        staking.pause();
        vm.prank(MACHINE);
        vm.expectRevert(PausableUpgradeable.EnforcedPause.selector);
        registry.register{value: BOND}();
        vm.prank(ADMIN);
        staking.unpause();
        _register(MACHINE);
    }

    function test_initialize_and_upgrade() external {
        address implementation = address(new IdentityStaking());
        vm.expectRevert(IdentityStaking.InvalidAddress.selector);
        _proxy(implementation, abi.encodeCall(IdentityStaking.initialize, (address(0), ADMIN)));
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        staking.initialize(address(wpeaq), ADMIN);
        vm.prank(STRANGER);
        _expectNotOwner(STRANGER);
        staking.upgradeToAndCall(implementation, "");
        vm.prank(ADMIN);
        staking.upgradeToAndCall(implementation, "");
        vm.assertEq(staking.stakingToken(), address(wpeaq));
    }

    function _authorizedStaker(uint256 amount) private {
        vm.prank(ADMIN);
        staking.authorize(STRANGER);
        vm.startPrank(STRANGER);
        wpeaq.deposit{value: amount}();
        wpeaq.approve(address(staking), amount);
        vm.stopPrank();
    }
}
