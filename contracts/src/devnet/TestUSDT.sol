// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @title A stand-in for USDT on a development network: 6 decimals, and transfers that return nothing.
/// @notice Like the real one, `transfer`, `transferFrom` and `approve` have no return value, and an allowance can be
///         changed only through zero; code that expects a standard ERC-20 fails here instead of in production.
/// @dev Source: behaviour of the token on Ethereum. Worth nothing, minted by its owner.
contract TestUSDT is Ownable {
    string public constant name = "Test USDT";
    string public constant symbol = "USDT";
    uint8 public constant decimals = 6;

    uint256 public totalSupply;
    mapping(address account => uint256) public balanceOf;
    mapping(address account => mapping(address spender => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    error AllowanceNotZero();
    error InsufficientAllowance();
    error InsufficientFunds();
    error ZeroAddress();

    constructor(address initialOwner) Ownable(initialOwner) {}

    /// @notice Makes new tokens, in base units (10^-6). Owner only. Source: ours.
    function mint(address to, uint256 amount) external onlyOwner {
        require(to != address(0), ZeroAddress());
        totalSupply += amount;
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    /// @notice Moves the caller's tokens; returns nothing.
    function transfer(address to, uint256 value) external {
        _transfer(msg.sender, to, value);
    }

    /// @notice Moves tokens the caller was allowed to move; returns nothing.
    function transferFrom(address from, address to, uint256 value) external {
        uint256 allowed = allowance[from][msg.sender];
        require(allowed >= value, InsufficientAllowance());
        if (allowed != type(uint256).max) allowance[from][msg.sender] = allowed - value;
        _transfer(from, to, value);
    }

    /// @notice Sets an allowance; from a non-zero one only to zero. Returns nothing.
    function approve(address spender, uint256 value) external {
        require(value == 0 || allowance[msg.sender][spender] == 0, AllowanceNotZero());
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
    }

    function _transfer(address from, address to, uint256 value) private {
        require(to != address(0), ZeroAddress());
        require(balanceOf[from] >= value, InsufficientFunds());
        balanceOf[from] -= value;
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }
}
