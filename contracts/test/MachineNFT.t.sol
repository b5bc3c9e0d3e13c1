// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {PausableUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/PausableUpgradeable.sol";
import {MachineNFT} from "../src/MachineNFT.sol";
import {System} from "./System.sol";

/// @notice Guarantees: at most one token per machine, only for bonded machines, minted by those who may.
contract MachineNFTTest is System {
    function test_the_machine_mints_to_anyone() external {
        _register(OPERATOR);
        uint256 id = _register(MACHINE);
        vm.assertEq(nft.tokenIdOf(id), 0);
        vm.expectEmit(address(nft));
        emit MachineNFT.MachineMinted(1, id, STRANGER);
        vm.prank(MACHINE);
        nft.mint(id, STRANGER);
        vm.assertEq(nft.tokenIdOf(id), 1);
        vm.assertEq(nft.machineIdOf(1), id);
        vm.assertEq(nft.machineIdOf(2), 0);
        vm.assertEq(nft.ownerOf(1), STRANGER);
        vm.assertEq(nft.totalMinted(), 1);
        vm.assertEq(nft.name(), "peaqOS Machine NFT");
        vm.assertEq(nft.symbol(), "MACHINE");
    }

    function test_the_operator_mints_only_to_the_machine() external {
        uint256 id = _registerFor(OPERATOR, MACHINE);
        vm.startPrank(OPERATOR);
        vm.expectRevert(MachineNFT.RecipientMustBeMachineOwner.selector);
        nft.mint(id, OPERATOR);
        nft.mint(id, MACHINE);
        vm.assertEq(nft.ownerOf(1), MACHINE);
    }

    function test_mint_refuses() external {
        uint256 id = _register(MACHINE);
        uint256 unbonded = _registerUnbonded(OPERATOR);
        vm.startPrank(STRANGER);
        vm.expectRevert(MachineNFT.InvalidAddress.selector);
        nft.mint(id, address(0));
        vm.expectRevert(MachineNFT.MachineNotFound.selector);
        nft.mint(9, STRANGER);
        vm.expectRevert(MachineNFT.NotMachineOwner.selector);
        nft.mint(id, STRANGER);
        vm.stopPrank();
        vm.prank(OPERATOR);
        vm.expectRevert(MachineNFT.MachineNotBonded.selector);
        nft.mint(unbonded, OPERATOR);
        vm.startPrank(MACHINE);
        nft.mint(id, MACHINE);
        vm.expectRevert(MachineNFT.AlreadyMinted.selector);
        nft.mint(id, MACHINE);
    }

    function test_a_transfer_moves_neither_identity_nor_event_rights() external {
        uint256 id = _register(MACHINE);
        vm.startPrank(MACHINE);
        nft.mint(id, MACHINE);
        nft.transferFrom(MACHINE, STRANGER, 1);
        vm.assertEq(nft.ownerOf(1), STRANGER);
        vm.assertEq(registry.ownerOf(id), MACHINE);
        vm.assertEq(registry.isAuthorizedOrOwner(STRANGER, id), false);
        vm.expectRevert(MachineNFT.AlreadyMinted.selector);
        nft.mint(id, MACHINE);
    }

    function test_pause_stops_minting_and_transfers() external {
        uint256 id = _register(MACHINE);
        vm.prank(MACHINE);
        nft.mint(id, MACHINE);
        vm.prank(STRANGER);
        _expectNotOwner(STRANGER);
        nft.pause();
        vm.prank(STRANGER);
        _expectNotOwner(STRANGER);
        nft.unpause();
        vm.prank(ADMIN);
        nft.pause();
        vm.prank(MACHINE);
        vm.expectRevert(PausableUpgradeable.EnforcedPause.selector);
        nft.transferFrom(MACHINE, STRANGER, 1);
        uint256 second = _register(OPERATOR);
        vm.prank(OPERATOR);
        vm.expectRevert(PausableUpgradeable.EnforcedPause.selector);
        nft.mint(second, OPERATOR);
        vm.prank(ADMIN);
        nft.unpause();
        vm.prank(MACHINE);
        nft.transferFrom(MACHINE, STRANGER, 1);
    }

    function test_settings() external {
        vm.startPrank(STRANGER);
        _expectNotOwner(STRANGER);
        nft.setIdentityRegistry(STRANGER);
        _expectNotOwner(STRANGER);
        nft.setIdentityStaking(STRANGER);
        _expectNotOwner(STRANGER);
        nft.setBaseURI("x");
        vm.stopPrank();
        uint256 id = _register(MACHINE);
        vm.prank(MACHINE);
        nft.mint(id, MACHINE);
        vm.startPrank(ADMIN);
        vm.expectEmit(address(nft));
        emit MachineNFT.BaseURISet("https://nft.example/");
        nft.setBaseURI("https://nft.example/");
        vm.assertEq(nft.tokenURI(1), "https://nft.example/1");
        vm.expectRevert(MachineNFT.InvalidAddress.selector);
        nft.setIdentityRegistry(address(0));
        vm.expectRevert(MachineNFT.InvalidAddress.selector);
        nft.setIdentityStaking(address(0));
        vm.expectEmit(address(nft));
        emit MachineNFT.IdentityRegistrySet(STRANGER);
        nft.setIdentityRegistry(STRANGER);
        vm.expectEmit(address(nft));
        emit MachineNFT.IdentityStakingSet(STRANGER);
        nft.setIdentityStaking(STRANGER);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 5));
        nft.ownerOf(5);
    }

    function test_initialize_and_upgrade() external {
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        nft.initialize(address(registry), address(staking), ADMIN);
        address implementation = address(new MachineNFT());
        vm.prank(STRANGER);
        _expectNotOwner(STRANGER);
        nft.upgradeToAndCall(implementation, "");
        vm.prank(ADMIN);
        nft.upgradeToAndCall(implementation, "");
    }
}
