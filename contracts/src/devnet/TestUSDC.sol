// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";

/// @title A stand-in for USDC on a development network: 6 decimals, EIP-2612 permits, EIP-3009 authorisations.
/// @dev Source: the standards; EIP-712 domain name "Test USDC", version "1". Worth nothing, minted by its owner.
contract TestUSDC is ERC20, ERC20Permit, ERC3009, Ownable {
    constructor(address initialOwner) ERC20("Test USDC", "USDC") ERC20Permit("Test USDC") Ownable(initialOwner) {}

    /// @notice Makes new tokens, in base units (10^-6). Owner only. Source: ours.
    function mint(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }

    /// @notice 6, like the real one.
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @notice Version of the EIP-712 domain, as USDC tells it.
    function version() external pure returns (string memory) {
        return "1";
    }
}
